/** The one place where text becomes markup, and markup text: only for `html` fields of the server's frames, which it has sanitised. */

const policy = window.trustedTypes?.createPolicy("chatsite", { createHTML: (html) => html, createScriptURL: (url) => url });

/** The markup as a fragment, ready to be put into the page. */
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return document.importNode(template.content, true);
}

/** The address of a script of ours, as a browser takes it that would refuse a text. */
export const scriptAddress = (url) => policy?.createScriptURL(url) ?? url;

/** What is in an element as markup, for a clipboard. */
export function markupIn(element) {
  return element.innerHTML;
}
