/** Server-sent events, read from a response as they come. */

/** Hands each event to `take` as {name, data}; comments are none. Rejects when the response breaks off. */
export async function readEvents(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) if (!block.startsWith(":")) take(parsed(block));
  }
}

function parsed(block) {
  const { event = "message", data } = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
  return { name: event, data };
}
