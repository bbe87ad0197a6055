/** Code shown as the page that it describes: in a frame without scripts, origin and network (views/replies/preview.py). */

import { page } from "../models/page.js";

const LANGUAGES = ["html", "htm", "xhtml", "svg"];
const DRAWING = /^\s*(?:<\?xml[^>]*>\s*)?<svg[\s>]/;
let count = 0;

/** Whether code in this language describes something to look at. */
export function canBeShown(language, code) {
  return LANGUAGES.includes(language) || (language === "xml" && DRAWING.test(code));
}

/** A frame with what the code describes; `title` names it. It loads once it stands in the document: call `load`. */
export function previewFrame(title) {
  const frame = Object.assign(document.createElement("iframe"), { className: "code-block__preview", title });
  frame.name = `preview-${(count += 1)}`;
  frame.setAttribute("sandbox", "");
  return frame;
}

/** Sends the code to the address that answers with it under a policy of its own. */
export function load(frame, address, code) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: address, target: frame.name, hidden: true });
  form.append(field("csrfmiddlewaretoken", page.csrfToken), field("code", code));
  document.body.append(form);
  form.submit();
  form.remove();
}

function field(name, value) {
  return Object.assign(document.createElement("textarea"), { name, value });
}
