/** Small pictures of files that are about to be sent. */

/** Shows what is at this address, if it is a picture; a broken one has the look of a document until the server judges it. */
export function preview(image, address, isPicture) {
  image.hidden = !isPicture;
  if (image.hidden) return release(address);
  image.onload = () => release(address);
  image.onerror = () => {
    image.hidden = true;
    release(address);
  };
  image.src = address;
}

function release(address) {
  if (address.startsWith("blob:")) URL.revokeObjectURL(address);
}
