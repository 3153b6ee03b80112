import { expect, it } from 'vitest'
import { parseUrl } from '../../src/apimachinery/go-url.ts'

// What Go's url.Parse answers.
it.each([
  ['Bogus_!', { scheme: '', host: '', path: 'Bogus_!', query: '', fragment: '' }],
  ['https://127.0.0.1:9/p', { scheme: 'https', host: '127.0.0.1:9', path: '/p', query: '', fragment: '' }],
  ['https://u:p@h/', { scheme: 'https', host: 'h', user: 'u:p', path: '/', query: '', fragment: '' }],
  ['https://u;p@h?q#f', { scheme: 'https', host: 'h', user: 'u;p', path: '', query: 'q', fragment: 'f' }],
  ['//h/p', { scheme: '', host: 'h', path: '/p', query: '', fragment: '' }],
  ['///p', { scheme: '', host: '', path: '///p', query: '', fragment: '' }],
  ['https:h', { scheme: 'https', host: '', path: '', query: '', fragment: '' }],
])('reads %j', (text, url) => {
  expect(parseUrl(text)).toEqual(url)
})

it.each([
  ['https://a b/', 'parse "https://a b/": invalid character " " in host name'],
  ['https://h:x/', 'parse "https://h:x/": invalid port ":x" after host'],
  ['%zz', 'parse "%zz": invalid URL escape "%zz"'],
  [':x', 'parse ":x": missing protocol scheme'],
  ['1a:b', 'parse "1a:b": first path segment in URL cannot contain colon'],
  ['https://[::1', 'parse "https://[::1": missing \']\' in host'],
  ['https://h#%zz', 'parse "https://h#%zz": invalid URL escape "%zz"'],
  ['https://h\x7f/', 'parse "https://h\\x7f/": net/url: invalid control character in URL'],
  ['http://a:b:c/', 'parse "http://a:b:c/": invalid port ":b:c" after host'],
  ['https://%41/', 'parse "https://%41/": invalid URL escape "%41"'],
  ['https://a%zz/', 'parse "https://a%zz/": invalid URL escape "%zz"'],
  ['https://u^@h/', 'parse "https://u^@h/": net/url: invalid userinfo'],
])('refuses %j', (text, error) => {
  expect(parseUrl(text)).toEqual({ error })
})
