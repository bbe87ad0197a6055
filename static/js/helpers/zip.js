/** Several files as one zip, stored as they are: the zip refers to them, and only their checksums are computed. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});
const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const [VERSION, UTF8_NAME] = [20, 0x800];

/** Resolves with the zip as a Blob; each file lies in a numbered folder, as two may have one name. Below 4 GB in all. */
export async function zipOf(files) {
  const [content, directory] = [[], []];
  let at = 0;
  for (const [index, file] of files.entries()) {
    const name = new TextEncoder().encode(`${index}/${file.name}`);
    const shared = [...halves(VERSION, UTF8_NAME, 0, 0, 0), ...words(await checksum(file), file.size, file.size), ...halves(name.length, 0)];
    const local = bytes([...words(LOCAL), ...shared]);
    content.push(local, name, file);
    directory.push(bytes([...words(CENTRAL), ...halves(VERSION), ...shared, ...halves(0, 0, 0), ...words(0, at)]), name);
    at += local.length + name.length + file.size;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = [...words(END), ...halves(0, 0, files.length, files.length), ...words(size, at), ...halves(0)];
  return new Blob([...content, ...directory, bytes(end)], { type: "application/zip" });
}

async function checksum(file) {
  let found = -1;
  for await (const chunk of pieces(file)) for (const byte of chunk) found = TABLE[(found ^ byte) & 0xff] ^ (found >>> 8);
  return ~found >>> 0;
}

/** Safari's streams cannot be iterated. */
async function* pieces(file) {
  const reader = file.stream().getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

const bytes = (values) => Uint8Array.from(values);
const halves = (...values) => values.flatMap((value) => [value & 0xff, (value >>> 8) & 0xff]);
const words = (...values) => values.flatMap((value) => halves(value, value >>> 16));
