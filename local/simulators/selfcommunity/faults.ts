export type Operation = 'chunk' | 'complete' | 'media' | 'delete-media' | 'token' | 'other';

/** What goes wrong with one request. */
export type FaultEffect =
  /** Answers with this status, without an effect. `body` replaces the service's own error. */
  | { readonly kind: 'status'; readonly status: number; readonly body?: unknown }
  /** Answers 429 with `Retry-After`. */
  | { readonly kind: 'throttle'; readonly seconds: number }
  /** Resets the connection before the request has an effect. */
  | { readonly kind: 'reset' }
  /** Performs the request, then closes the connection. */
  | { readonly kind: 'lost-reply' }
  /** Answers with a page in place of a reply, without an effect. */
  | { readonly kind: 'page'; readonly status: number }
  /** Rejects the access token from this request on, as if it had expired. */
  | { readonly kind: 'expire-token' }
  /** Performs the request and changes the JSON of the reply. */
  | { readonly kind: 'alter'; readonly alter: (body: Record<string, unknown>) => unknown };

export type Fault = FaultEffect & { readonly on: Operation; readonly nth?: number };
