// Node's two resolvers: node lookup.mjs lookup|resolve 4|6|both NAME [TIMEOUT_MS TRIES]. Prints as
// lookup.c does.
import { lookup, Resolver } from 'node:dns/promises';

const [how, family, name, timeout, tries] = process.argv.slice(2);

async function resolve() {
  const resolver = new Resolver(timeout && { timeout: Number(timeout), tries: Number(tries) });
  const asked = [];
  if (family !== '6') asked.push(resolver.resolve4(name));
  if (family !== '4') asked.push(resolver.resolve6(name));
  const settled = await Promise.allSettled(asked);
  const found = settled.flatMap((one) => one.value ?? []);
  if (found.length === 0) throw settled[0].reason;
  return found;
}

async function lookUp() {
  const found = await lookup(name, { all: true, family: family === 'both' ? 0 : Number(family) });
  return found.map((one) => one.address);
}

try {
  for (const address of await (how === 'lookup' ? lookUp() : resolve())) {
    console.log('address', address);
  }
} catch (error) {
  console.log('error', error.code);
}
