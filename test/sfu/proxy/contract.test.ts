import { type SfuBench, sfuContract } from '../../contract/sfu.ts'
import { createFakeProxy } from '../../support/fake-proxy.ts'
import { createStage } from './stage.ts'

sfuContract((): SfuBench => {
  const proxy = createFakeProxy('http://one.example/')
  proxy.isQuick = false
  const stage = createStage([proxy])
  stage.toldAll()
  const newest = (): string => proxy.publishers().at(-1) ?? ''
  return {
    machine: stage.machine,
    timeout: 10_000,
    command: stage.command,
    told: stage.toldAll,
    pass: stage.pass,
    publisherUp: () => proxy.up(newest()),
    publisherHangsUp: () => proxy.hangUp(newest()),
    sfuFallsSilent() {
      proxy.isMute = true
    },
    sfuDies() {
      proxy.isMute = false
      proxy.loseBackend()
    },
    sfuReturns: () => proxy.push({ type: 'event', event: { type: 'backend-connected' } }),
    leftBehind: () => [...proxy.publishers(), ...proxy.subscribers()],
    stop: () => stage.run(stage.machine.stopped),
  }
})
