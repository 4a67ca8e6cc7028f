/** The version of this release, as in package.json. */
export const productVersion = '0.1.0';

/** How every HTTP request names its sender. */
export const userAgent = `chunkferry/${productVersion}`;
