import { bundleFunctions } from './bundle-functions.ts';
import { compile, dist } from './compile.ts';

/** `npm run build`: writes the compiled files and the functions' bundles into `dist/`. */

compile();
bundleFunctions(dist);
