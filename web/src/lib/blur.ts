// Draws a blur hash: a few numbers that stand for a picture until it is here. Decoded small; the browser makes it large and soft.

import { decode, isBlurhashValid } from 'blurhash';

const SIDE = 32;

export function blur(canvas: HTMLCanvasElement, hash: string): void {
  if (!isBlurhashValid(hash).result) return;
  const paper = canvas.getContext('2d');
  if (!paper) return;
  const image = paper.createImageData(SIDE, SIDE);
  image.data.set(decode(hash, SIDE, SIDE));
  paper.putImageData(image, 0, 0);
}
