/** Which kinds of files there are. */

const PICTURES = ["image/png", "image/jpeg", "image/webp"];
/** Where the browser does not know a kind it says nothing, and the server looks into the file. */
const DOCUMENT = /^(text\/.*|application\/(pdf|json|xml|yaml|x-yaml|toml|sql|javascript|x-javascript|x-sh)|)$/;

/** What a model must take for this kind of file: "images" or "documents"; empty where no model of ours takes it. */
export function capabilityFor(mediaType) {
  if (PICTURES.includes(mediaType)) return "images";
  return DOCUMENT.test(mediaType) ? "documents" : "";
}
