/** What the page says of a file: which kinds there are, how big it is, and where it lies. */

const PICTURES = ["image/png", "image/jpeg", "image/webp"];
/** Where the browser does not know a kind it says nothing, and the server looks into the file. */
const DOCUMENT = /^(text\/.*|application\/(pdf|json|xml|yaml|x-yaml|toml|sql|javascript|x-javascript|x-sh)|)$/;
const language = document.documentElement.lang;
const KILOBYTE = 1_000;
const MEGABYTE = 1_000_000;

/** What a model must take for this kind of file: "images" or "documents"; empty where no model of ours takes it. */
export function wants(mediaType) {
  if (PICTURES.includes(mediaType)) return "images";
  return DOCUMENT.test(mediaType) ? "documents" : "";
}

/** A file's size as people read it. */
export function size(bytes) {
  const [unit, value] = bytes < MEGABYTE ? ["kilobyte", bytes / KILOBYTE] : ["megabyte", bytes / MEGABYTE];
  const style = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, style).format(Math.max(0.1, value));
}

/** Where the server gives a file out. */
export function address(id) {
  return `/api/v1/files/${id}`;
}
