/** Files made in the page, and names that every system takes. */

/** Characters that a system forbids in names, or that turn the direction of what follows. */
const FORBIDDEN = /[\u0000-\u001f\u007f"*/:<>?\\|\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;
/** Windows gives these names to devices, whatever their ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i;
const MOST_CHARACTERS = 60;

/** Saves a text under this name. Browsers add an ending of their own to a name without one, if they know the type. */
export function save(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // The browser reads it after this returns.
}

/** The title as a file's name with this ending. */
export function fileName(title, ending) {
  const words = [...title.replace(FORBIDDEN, " ").replace(/\s+/g, " ")].slice(0, MOST_CHARACTERS).join("");
  const name = words.replace(/^[ .]+|[ .]+$/g, "") || "file";
  return `${name}${DEVICE.test(name) ? "_" : ""}.${ending}`;
}
