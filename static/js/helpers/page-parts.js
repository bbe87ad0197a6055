/** Parts of the page whose markup is fetched when they are first wanted, with their words and their style sheet. */

import { fragment } from "./html.js";
import { addPhrases } from "./phrases.js";

/** Puts the part at this address into an element, drawn; rejects where it does not come. */
export async function placePart(address, into) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(response.statusText);
  const part = fragment(await response.text());
  for (const words of part.querySelectorAll(".more-words")) addPhrases(words);
  const sheet = part.querySelector("link");
  const isDrawn = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
  into.append(part);
  await isDrawn;
}
