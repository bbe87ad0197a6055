/** The one place where text becomes markup, and markup text: only for `html` fields of the server's frames, which it has sanitised. */

const policy = window.trustedTypes?.createPolicy("chatsite", { createHTML: (html) => html });

/** The markup as a fragment, ready to be put into the page. */
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(html) : html;
  return document.importNode(template.content, true);
}

/** What is in an element as markup, for a clipboard. */
export function markupIn(element) {
  return element.innerHTML;
}
