// Compresses the browser's files once, so that the server never does it for a visitor.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync, constants } from 'node:zlib';

const folder = process.argv[2];
for (const name of readdirSync(folder)) {
  if (!/\.(js|css|wasm|svg)$/.test(name)) continue;
  const bytes = readFileSync(join(folder, name));
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes, brotli));
  writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
