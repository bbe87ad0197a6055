/** A reader's selection, where the nodes below it are made anew with the same words. */

/** Makes the nodes of an element anew; a selection that begins or ends in it keeps its words. */
export function keepingSelection(element, change) {
  const selection = getSelection();
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const ends = [[anchorNode, anchorOffset], [focusNode, focusOffset]];
  const places = ends.map(([node, offset]) => (node && element.contains(node) ? distance(element, node, offset) : null));
  change();
  if (places.every((place) => place === null)) return;
  const [anchor, focus] = places.map((place, end) => (place === null ? ends[end] : at(element, place)));
  selection.setBaseAndExtent(...anchor, ...focus);
}

function distance(element, node, offset) {
  const range = document.createRange();
  range.setStart(element, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

function at(element, distance) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = distance;
  while (texts.nextNode()) {
    if (texts.currentNode.length >= left) return [texts.currentNode, left];
    left -= texts.currentNode.length;
  }
  return [element, element.childNodes.length];
}
