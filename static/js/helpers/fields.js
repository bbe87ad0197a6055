/** Fields that somebody may be writing in. */

/** Puts text before what stands in the field; whoever writes there goes on where they are. */
export function putBefore(field, text) {
  const { value, selectionStart, selectionEnd } = field;
  if (!text || value === text) return;
  const before = value ? `${text}\n\n` : text;
  field.value = before + value;
  if (value) field.setSelectionRange(before.length + selectionStart, before.length + selectionEnd);
}

/** Makes the field as high as its text, where style sheets cannot. */
export function fitHeight(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
