import { TransferError } from '#src/core/errors/errors.ts';

/** Where a request goes, in the pieces that travel. */
export interface RequestTarget {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Host and port: the only piece that may be shown. */
  readonly host: string;
  /** Path and query, byte for byte as they were given. */
  readonly path: string;
}

/** What ends the authority must be there, or credentials would be taken for the host. */
const absoluteUrl = /^(https?:\/\/)([^/?#@\\]+)(?=[/?#]|$)([^#]*)/i;

/** Printable ASCII without blanks: what a URL may hold and a request line can carry. */
const printable = /^[\x21-\x7e]+$/;

/**
 * Splits an absolute URL without parsing its path, since parsing turns `a/../b` into `b` and breaks
 * a signature. A fragment is dropped. The message of its error does not show the URL.
 * @throws InvalidInputError - not an absolute http or https URL, or one with credentials in it
 */
export function splitUrl(url: string): RequestTarget {
  const match = printable.test(url) ? absoluteUrl.exec(url) : null;
  const [, scheme, authority, rest = ''] = match ?? [];
  if (!scheme || !authority || !URL.canParse(scheme + authority)) {
    throw new TransferError(
      'InvalidInputError',
      'not an absolute http or https URL (it is not shown, as it may be a secret)',
    );
  }
  const { origin, host } = new URL(scheme + authority);
  return { origin, host, path: rest.startsWith('/') ? rest : `/${rest}` };
}
