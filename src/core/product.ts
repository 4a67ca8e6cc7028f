/** The version of this release. Equal to the version in package.json (a test compares). */
export const productVersion = '0.1.0';

/** The User-Agent of every HTTP request. */
export const userAgent = `chunkferry/${productVersion}`;
