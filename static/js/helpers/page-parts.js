/** Parts of the page whose markup is fetched when they are first wanted, with their words and their style sheet. */

import { fragment } from "./html.js";
import { addPhrases } from "./phrases.js";

/** Puts the part at this address into an element, drawn; rejects where it or its style sheet does not come, or the sign-in instead. */
export async function placePart(address, into) {
  const response = await fetch(address);
  if (!response.ok || response.redirected) throw new Error(response.statusText);
  const part = fragment(await response.text());
  for (const words of part.querySelectorAll(".more-words")) addPhrases(words);
  const sheet = part.querySelector("link");
  const nodes = [...part.childNodes];
  const isDrawn = new Promise((resolve, reject) => Object.assign(sheet, { onload: resolve, onerror: reject }));
  into.append(part);
  await isDrawn.catch(() => {
    for (const node of nodes) node.remove();
    throw new Error(address);
  });
}
