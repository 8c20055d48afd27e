/** Finds a nonce so that SHA-256 of `challenge:nonce` begins with enough zero bits. */
import { firstBits } from './digests';

interface Wish {
  challenge: string;
  bits: number;
}

self.onmessage = (event: MessageEvent<Wish>) => {
  const { challenge, bits } = event.data;
  let nonce = 0;
  while (Math.clz32(firstBits(`${challenge}:${nonce}`)) < bits) nonce += 1;
  self.postMessage(String(nonce));
};
