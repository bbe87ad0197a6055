/** What is in the message box, as the server estimates it. */

import { page } from "../models/page.js";
import { newPlace } from "./new-place.js";

/** The question in this form of the composer. */
export function questionIn(form) {
  const { models } = form.closest("message-composer");
  return {
    conversation: page.conversation || null,
    parent: document.querySelector("chat-transcript").thread.lastId,
    team: newPlace().team || null,
    assistant: models.said.assistant,
    models: models.ids,
    text: form.elements.text.value,
    files: (form.querySelector("file-tray").files ?? []).map(({ id }) => id),
  };
}
