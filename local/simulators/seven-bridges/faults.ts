/** The operations of the API, and the storage's own. `report` is one part or several. */
export type Operation =
  | 'initialize'
  | 'list'
  | 'details'
  | 'part-url'
  | 'report'
  | 'complete'
  | 'abort'
  | 'file'
  | 'files'
  | 'create-folder'
  | 'rate-limit'
  | 'put'
  | 'other';

/** What goes wrong with one request. */
export type FaultEffect =
  /** Answers with this status, without an effect. `body` replaces the service's own error; of a PUT, its code. */
  | { readonly kind: 'status'; readonly status: number; readonly body?: unknown }
  /** Answers 429 with the time in `X-RateLimit-Reset`, or in `Retry-After` for the storage. */
  | { readonly kind: 'throttle'; readonly seconds: number }
  /** Resets the connection before the request has an effect. */
  | { readonly kind: 'reset' }
  /** Performs the request, then closes the connection. */
  | { readonly kind: 'lost-reply' }
  /** API: performs the request and changes the JSON of the reply. */
  | { readonly kind: 'alter'; readonly alter: (body: Record<string, unknown>) => unknown }
  /** PUT: stores the bytes and answers with the ETag of other bytes. */
  | { readonly kind: 'wrong-etag' }
  /** PUT: rejects the URL as expired. */
  | { readonly kind: 'expired-url' };

export type Fault = FaultEffect & { readonly on: Operation; readonly nth?: number };
