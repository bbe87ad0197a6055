/** What is dropped on the window and taken by nobody would open in place of the page. */

const OPENS = ["Files", "text/uri-list"];

/** Refuses such drops; fields for text take links as ever. */
export function refuseDrops() {
  for (const name of ["dragover", "drop"]) addEventListener(name, refuse);
}

function refuse(event) {
  if (event.defaultPrevented || !OPENS.some((type) => event.dataTransfer.types.includes(type))) return;
  if (!event.dataTransfer.types.includes("Files") && event.target.closest?.("textarea, input")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}
