import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { encodeYaml } from '../../../src/apimachinery/schema/yaml-encode.ts'

interface Sample {
  json: string
  yaml: string
}

// What go.yaml.in/yaml/v2 made of the JSON.
const samples: Sample[] = JSON.parse(readFileSync('test/golden/yaml/encoded.json', 'utf8'))

it.each(samples)('$json is written as Go writes it', ({ json, yaml }) => {
  expect(encodeYaml(JSON.parse(json))).toBe(yaml)
})
