/** Server-sent events, read from a response as they come. */

/**
 * Hands each event to `take` as {name, data}; comments are none. Rejects when the response breaks off.
 *
 * Each has a task of its own, as a websocket's messages have: whoever awaits an answer goes on before what follows it.
 */
export async function readEvents(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ; ) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith(":")) continue;
      take(parsed(block));
      await nextTask();
    }
  }
}

function parsed(block) {
  const { event = "message", data } = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
  return { name: event, data };
}

/** Resolves in a task of its own, without the pause that nested timers get. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
