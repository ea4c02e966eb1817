// What Node's resolvers say, as JSON: node resolve.mjs SERVER|system QUESTION...
// A question is TYPE:NAME; TYPE may also be `reverse`, of an address, or `lookup`, by getaddrinfo.
// An outcome is a list of strings, or the error's code.
import { lookup, Resolver } from 'node:dns/promises';

const [server, ...questions] = process.argv.slice(2);
const resolver = new Resolver({ timeout: 8000, tries: 1 });
if (server !== 'system') resolver.setServers([server]);

async function ask(question) {
  const [type, ...rest] = question.split(':');
  const name = rest.join(':');
  if (type === 'reverse') return resolver.reverse(name);
  if (type === 'lookup') return (await lookup(name, { all: true })).map((found) => found.address);
  const records = await resolver.resolve(name, type);
  return records.map((record) => (type === 'TXT' ? record.join('') : record));
}

const outcomes = questions.map((question) => ask(question).catch((error) => error.code));
console.log(JSON.stringify(await Promise.all(outcomes)));
