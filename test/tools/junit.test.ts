// Counting what `bun test` reports.

import { expect, test } from 'bun:test'
import { countJunit } from '../../tools/junit.ts'

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="6" assertions="1" failures="1" skipped="3">
  <testsuite name="t/a.test.ts" file="t/a.test.ts" tests="4" failures="1" skipped="2">
    <testsuite name="outer &amp; &lt;b&gt;" file="t/a.test.ts" line="2" tests="3" failures="1" skipped="2">
      <testcase name="ok [J1]" classname="outer" time="0.000007" file="t/a.test.ts" line="2" assertions="0" />
      <testcase name="left out" classname="outer" time="0" file="t/a.test.ts" line="2" assertions="0">
        <skipped />
      </testcase>
      <testcase name="fails" classname="outer" time="0.0001" file="t/a.test.ts" line="2" assertions="1">
        <failure type="AssertionError" message="expect(&lt;skipped /&gt;)">AssertionError&#10;</failure>
      </testcase>
      <testcase name="later" classname="outer" time="0" file="t/a.test.ts" line="2" assertions="0">
        <skipped message="TODO" />
      </testcase>
    </testsuite>
  </testsuite>
  <testsuite name="t/d.test.ts" file="t/d.test.ts" tests="3" failures="0" skipped="2">
    <testcase name="(unnamed)" classname="" time="0." file="t/d.test.ts" assertions="0">
      <skipped />
    </testcase>
    <testcase name="x1" classname="" time="0" file="t/d.test.ts" line="2" assertions="0">
      <skipped />
    </testcase>
    <testcase name="x2" classname="" time="0" file="t/d.test.ts" line="3" assertions="0" />
  </testsuite>
</testsuites>`

test('passed, failed and skipped tests are told apart', () => {
  const counts = countJunit(report, ['t/a.test.ts', 't/d.test.ts'])
  expect(counts).toEqual({
    passed: 2,
    failed: 1,
    skipped: new Map([
      ['t/a.test.ts', 2],
      ['t/d.test.ts', 1],
    ]),
    silent: [],
  })
})

test('a file that did not load is a failure', () => {
  const counts = countJunit(report, ['t/a.test.ts', 't/b.test.ts', 't/d.test.ts'])
  expect(counts.failed).toBe(2)
  expect(counts.silent).toEqual(['t/b.test.ts'])
})

test('no report at all fails every file', () => {
  expect(countJunit('', ['t/a.test.ts', 't/b.test.ts']).failed).toBe(2)
})
