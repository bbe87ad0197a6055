/** Names of files that hold code. */

import { fileName } from "./saving.js";

/** Languages that are called like their files' ending. */
const ENDINGS = new Set(
  (
    "asm astro bat c cc clj cpp cs css csv dart diff ex go graphql groovy h hcl hpp hs html ini ipynb java jl js json jsonc" +
    " jsx kt less log lua m md mjs mm nim patch php pl pro proto ps1 py r rb rs sass scala scss sh sql svelte svg swift tex" +
    " tf toml ts tsv tsx txt v vb vue xml yaml yml zig zsh"
  ).split(" "),
);
const OTHERS = {
  "c#": "cs", "c++": "cpp", "objective-c": "m", assembly: "asm", bash: "sh", batch: "bat", clojure: "clj", cmd: "bat",
  console: "sh", csharp: "cs", elixir: "ex", erlang: "erl", fish: "fish", fsharp: "fs", golang: "go", haskell: "hs",
  javascript: "js", json5: "json5", julia: "jl", kotlin: "kt", latex: "tex", markdown: "md", matlab: "m", mermaid: "mmd",
  mysql: "sql", nginx: "conf", objc: "m", perl: "pl", postgresql: "sql", powershell: "ps1", properties: "properties",
  protobuf: "proto", python: "py", python3: "py", ruby: "rb", rust: "rs", shell: "sh", solidity: "sol", terraform: "tf",
  typescript: "ts", vbnet: "vb", visualbasic: "vb",
};
/** What has a name of its own. */
const WHOLE = { cmake: "CMakeLists.txt", docker: "Dockerfile", dockerfile: "Dockerfile", make: "Makefile", makefile: "Makefile" };

/** The name of a file with code in this language, in a conversation of this title. */
export function nameOfCode(language, title) {
  const ending = ENDINGS.has(language) ? language : (OTHERS[language] ?? "txt");
  return WHOLE[language] ?? fileName(title, ending);
}
