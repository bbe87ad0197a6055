/** Which kinds of files there are. */

const PICTURES = ["image/png", "image/jpeg", "image/webp"];
/** Where the browser does not know a kind it says nothing, and the server looks into the file. */
const DOCUMENT =
  /^(text\/.*|application\/(pdf|json|xml|xhtml\+xml|yaml|x-yaml|toml|sql|javascript|x-javascript|x-sh|epub\+zip|msword|vnd\.(openxmlformats-officedocument|oasis\.opendocument|ms-(word|excel|powerpoint))\b.*)|)$/;

/** What kind of file this is for models: "images", "sounds", or "documents", of which most go as text; empty where none takes it. */
export function capabilityFor(mediaType) {
  if (PICTURES.includes(mediaType)) return "images";
  if (mediaType.startsWith("audio/")) return "sounds";
  return DOCUMENT.test(mediaType) ? "documents" : "";
}
