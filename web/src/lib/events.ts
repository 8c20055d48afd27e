/** Follows a check by server-sent events; reconnects when the connection is lost. */
import { send } from '../api/client';
import type { CheckEvent, CheckReport } from '../api/types';

export interface Outcome {
  version: number;
  status: string;
  report: CheckReport | null;
}

export interface Listener {
  onCheck: (event: CheckEvent) => void;
  onReport: (outcome: Outcome) => void;
  onGone: () => void;
  onError: (error: unknown) => void;
}

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

/** Returns what stops it. */
export function follow(id: string, listener: Listener): () => void {
  const stop = new AbortController();
  void run(id, listener, stop.signal);
  return () => stop.abort();
}

async function run(id: string, listener: Listener, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const response = await send('GET', `/learnwares/${encodeURIComponent(id)}/events`, { headers: { Accept: 'text/event-stream' }, signal });
      if (!response.body) throw new Error('no stream');
      failures = 0;
      if (await read(response.body, listener)) return;
    } catch (error) {
      if (signal.aborted) return;
      if (failures >= PAUSES_MS.length) return listener.onError(error);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]));
    failures += 1;
  }
}

/** Reads events until the stream ends; whether the last one came. */
async function read(body: ReadableStream<Uint8Array>, listener: Listener): Promise<boolean> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    text += value.replaceAll('\r\n', '\n');
    let end = text.indexOf('\n\n');
    while (end >= 0) {
      if (handle(text.slice(0, end), listener)) return true;
      text = text.slice(end + 2);
      end = text.indexOf('\n\n');
    }
  }
}

function handle(event: string, listener: Listener): boolean {
  const lines = event.split('\n');
  const field = (name: string) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart()).join('\n');
  const data = field('data');
  switch (field('event')) {
    case 'check':
      listener.onCheck(JSON.parse(data) as CheckEvent);
      return false;
    case 'report':
      listener.onReport(JSON.parse(data) as Outcome);
      return true;
    case 'gone':
      listener.onGone();
      return true;
    default:
      return false;
  }
}
