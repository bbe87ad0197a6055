/** Recordings in the one form that all vendors take: WAV, one channel. */

/** Samples a second, of 16 bits: what speech needs. */
const RATE = 16_000;
const HEAD = 44;

/** The recording as a WAV file; rejects what the browser cannot decode. */
export async function wavOf(recording) {
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await recording.arrayBuffer());
  const channels = Array.from({ length: sound.numberOfChannels }, (_, number) => sound.getChannelData(number));
  const view = new DataView(new ArrayBuffer(HEAD + 2 * sound.length));
  writeHead(view, 2 * sound.length);
  for (let place = 0; place < sound.length; place += 1) {
    const sample = channels.reduce((sum, channel) => sum + channel[place], 0) / channels.length;
    view.setInt16(HEAD + 2 * place, Math.max(-1, Math.min(1, sample)) * 0x7fff, true);
  }
  return new Blob([view], { type: "audio/wav" });
}

function writeHead(view, bytes) {
  const words = [[0, "RIFF"], [8, "WAVEfmt "], [36, "data"]];
  for (const [place, word] of words) [...word].forEach((letter, number) => view.setUint8(place + number, letter.charCodeAt(0)));
  for (const [place, value] of [[4, HEAD - 8 + bytes], [16, 16], [24, RATE], [28, 2 * RATE], [40, bytes]]) view.setUint32(place, value, true);
  for (const [place, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) view.setUint16(place, value, true);
}
