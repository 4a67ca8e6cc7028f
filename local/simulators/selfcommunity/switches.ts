import type { SimulatorClock } from '#local/simulators/clock.ts';

/** How the service behaves where its documents and its likely library disagree, or are silent. */
export interface SelfCommunitySwitches {
  /**
   * `documented`: 201, the fields of the documents, a required `Content-Range`, and all limits. `library`: the
   * answers of django-chunked-upload 2.0.0, with its gaps.
   */
  mode: 'documented' | 'library';
  /** The form of `offset`. Default: text if documented, a number in the library. */
  offset: 'text' | 'number' | 'by-mode';
  /** The lifetime of an upload. The library does not extend it. */
  uploadLifetimeMs: number;
  /** The second `complete` of an upload: another media, as the library's hook makes, or 400. */
  repeatedComplete: 'second-media' | 'rejected';
  /** The lifetime of an access token; `undefined`: it does not end. */
  tokenLifetimeMs: number | undefined;
  /** Whether a refresh replaces the refresh token. */
  rotatesRefreshToken: boolean;
  /** What a replaced refresh token does: a rejection, or all tokens end (RFC 9700 §4.14.2). */
  reusedRefreshToken: 'rejected' | 'ends-all';
  maxChunkBytes: number;
  maxImageBytes: number;
  maxDocumentBytes: number;
}

export interface SelfCommunityOptions extends Partial<SelfCommunitySwitches> {
  /** Clock of all deadlines. They are checked when a request arrives. Default: the system clock. */
  readonly clock?: SimulatorClock;
}

/** The documented behaviour, as far as there is any. */
export function createDefaultSwitches(): SelfCommunitySwitches {
  return {
    mode: 'documented',
    offset: 'by-mode',
    uploadLifetimeMs: 24 * 3600 * 1000,
    repeatedComplete: 'second-media',
    tokenLifetimeMs: undefined,
    rotatesRefreshToken: false,
    reusedRefreshToken: 'rejected',
    maxChunkBytes: 204_800,
    maxImageBytes: 5 * 1024 * 1024,
    maxDocumentBytes: 50 * 1024 * 1024,
  };
}
