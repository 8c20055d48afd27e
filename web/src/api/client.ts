/** Requests to REST v1 of the server that gave these pages; nobody else is ever asked. */

const BASE = '/api/v1';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Options {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, with `type` as its content type. */
  raw?: Blob | Uint8Array<ArrayBuffer>;
  type?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** What the server or the connection said, with a word for programs and a request id for the server's log. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly requestId: string | null = null,
    readonly report: unknown = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(title);
  }

  /** Whether nobody is known to the server any more. */
  get isUnknownVisitor(): boolean {
    return this.status === 401;
  }
}

/** Told when the server does not know the visitor any more. */
let onUnknown: () => void = () => undefined;

export function whenUnknown(listener: () => void): void {
  onUnknown = listener;
}

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '' && value !== false) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return `${BASE}${path}${text ? `?${text}` : ''}`;
}

/** Sends a request; the answer's status is below 400. */
export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  // Pages of other origins can't send this header, so a write that carries it was made here.
  const headers: Record<string, string> = { Accept: 'application/json', 'X-Learnware-Request': 'page', ...options.headers };
  let body: BodyInit | undefined;
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.body);
  } else if (options.raw) {
    headers['Content-Type'] = options.type ?? 'application/octet-stream';
    body = options.raw;
  }
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, 'unreachable', '');
  }
  if (response.status === 401 && !path.startsWith('/sessions')) onUnknown();
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response: Response): Promise<ApiError> {
  const problem: Record<string, unknown> = await response.json().catch(() => ({}));
  const text = (name: string) => (typeof problem[name] === 'string' ? (problem[name] as string) : null);
  const wait = Number(response.headers.get('Retry-After'));
  return new ApiError(
    response.status,
    text('code') ?? 'unexpected',
    text('title') ?? '',
    text('request_id') ?? response.headers.get('X-Request-Id'),
    problem['report'] ?? null,
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}

async function json<T>(method: string, path: string, options?: Options): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => json<T>('GET', path, { query, signal }),
  post: <T = null>(path: string, body?: unknown, options?: Options) => json<T>('POST', path, { body, ...options }),
  put: <T = null>(path: string, body: unknown) => json<T>('PUT', path, { body }),
  patch: <T = null>(path: string, body: unknown) => json<T>('PATCH', path, { body }),
  delete: <T = null>(path: string, query?: Query, body?: unknown) => json<T>('DELETE', path, { query, body }),
};
