/** The product's version, as in package.json; a test compares the two. */
const version = '0.1.0';

/** Sent as `User-Agent` with every request: some services and proxies refuse a request without one. */
export const userAgent = `chunkferry/${version}`;
