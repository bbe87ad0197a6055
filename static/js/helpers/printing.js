/** The open conversation on paper. */

/** Prints all of it: what is above the messages in sight comes first, as far as there is a connection. */
export async function printConversation() {
  const transcript = document.querySelector("chat-transcript");
  for (let earlier; (earlier = transcript.querySelector("earlier-messages")); ) {
    await earlier.load();
    if (earlier.isConnected) break;
  }
  print();
}
