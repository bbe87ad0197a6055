/** Copies of the markup that the page carries in templates. */

/** Whether the page has a template with this id for its reader. */
export function hasTemplate(id) {
  return document.getElementById(id) !== null;
}

/** A fresh copy of what the template with this id holds. */
export function clone(id) {
  return document.importNode(document.getElementById(id).content.firstElementChild, true);
}
