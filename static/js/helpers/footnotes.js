/** Footnotes: the number at a word leads to its note, and the number at the note leads back. */

const MARKS = ".footnote";

/** Links the marks of this message, once it has ended; a mark without a note, or a note without a mark, stays as it is. */
export function linkFootnotes(message) {
  if (message.isUnderWay) return;
  const marks = [...message.querySelectorAll(MARKS)];
  const notes = new Map(marks.filter(beginsNote).map((mark) => [mark.textContent, mark]));
  for (const [name, note] of notes) {
    const references = marks.filter((mark) => mark.textContent === name && !beginsNote(mark));
    if (!references.length) continue;
    const id = `footnote-${message.dataset.id}-${name}`; // No other message has it.
    for (const reference of references) link(reference, id);
    references[0].id = `${id}-at`;
    note.id = id;
    link(note, references[0].id);
  }
}

function beginsNote({ previousSibling: before, parentElement }) {
  if (!before) return parentElement.matches("p, li");
  return before.nodeName === "BR" || (before.nodeName === "#text" && !before.data.trim() && before.previousSibling?.nodeName === "BR");
}

function link(mark, id) {
  if (mark.firstElementChild) return;
  const anchor = Object.assign(document.createElement("a"), { href: `#${id}`, textContent: mark.textContent });
  mark.replaceChildren(anchor);
}
