/** Closes a dialog by a click beside it that also began there: what began within it may be a selection, or have moved. */
export function closeBeside(dialog) {
  let began = null;
  dialog.addEventListener("pointerdown", ({ target }) => (began = target));
  dialog.addEventListener("click", ({ target }) => target === dialog && began === dialog && dialog.close());
}
