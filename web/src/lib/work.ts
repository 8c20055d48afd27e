/** The work that a server wants before a registration, done beside the page. */
import type { Challenge } from '../api/types';

/** Zero bits that are worked for at most: seconds of a fast machine. */
const BITS_MAX = 24;

export function nonce(challenge: Challenge): Promise<string> {
  if (challenge.bits > BITS_MAX) return Promise.reject(new Error(`${challenge.bits} > ${BITS_MAX}`));
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./work.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = (event: MessageEvent<string>) => {
      worker.terminate();
      resolve(event.data);
    };
    worker.onerror = (event) => {
      worker.terminate();
      reject(new Error(event.message));
    };
    worker.postMessage({ challenge: challenge.challenge, bits: challenge.bits });
  });
}
