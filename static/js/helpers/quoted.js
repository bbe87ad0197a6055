/** Words of the thread in the message box. */

/** The words as a quote in Markdown. */
export function quoted(words) {
  return words.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
}

/** Puts words below what stands in this field, as if they were typed. */
export function append(field, words) {
  const before = field.value.trimEnd();
  field.value = `${before}${before && "\n\n"}${words}`;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.scrollTop = field.scrollHeight;
}
