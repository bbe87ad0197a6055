/** The kept prompt from which the text of a field came; it is forgotten once the field is empty. */

export class InsertedPrompt {
  #field;
  #prompt = null;

  constructor(field) {
    this.#field = field;
    field.addEventListener("input", () => field.value || this.take());
  }

  /** Puts a prompt's words where the caret is. */
  insert({ id, version }, text) {
    const field = this.#field;
    field.focus();
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true })); // As if typed.
    this.#prompt = { id, version };
  }

  /** Takes out what a message names: {id, version}, or null. */
  take() {
    const prompt = this.#prompt;
    this.#prompt = null;
    return prompt;
  }
}
