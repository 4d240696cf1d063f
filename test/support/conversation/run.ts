/** Holds a conversation on a stage: does what each line says and fails at the first line that does not come true. */
import { createHmac, randomUUID } from 'node:crypto'
import type { Json } from '../json.ts'
import { at, isObject, parseJson } from '../json.ts'
import { randomText } from '../talk-checksum.ts'
import type { Actor } from './actor.ts'
import { createActor, inAnyOrder } from './actor.ts'
import type { Names } from './names.ts'
import { createNames } from './names.ts'
import type { Conversation, Step } from './parse.ts'
import { talkAnswer } from './parse.ts'
import { fits, mismatch } from './pattern.ts'
import type { PostAnswer, Side, Stage } from './stage.ts'

interface Scene {
  readonly stage: Stage
  readonly run: string
  readonly names: Names
  readonly actors: Map<string, Actor>
  /** The backend request whose answer no line has looked at yet. */
  posted: Promise<PostAnswer> | undefined
}

/** Whether the conversation says anything on this side. */
export function concerns(conversation: Conversation, side: Side): boolean {
  return conversation.only === undefined || conversation.only.side === side
}

/** Throws an error that begins with file, line and text of the step that failed. */
export async function hold(conversation: Conversation, stage: Stage): Promise<void> {
  const scene = openScene(stage)
  const steps = conversation.steps.filter(({ only }) => only === undefined || only.side === stage.side)
  try {
    for (let index = 0; index < steps.length; ) {
      const step = steps[index]
      if (!step) break
      const block = step.do === 'expect' && step.inAnyOrder ? anyOrderBlock(steps, index) : [step]
      await blamed(conversation, step, () => take(scene, block, answerComesLater(steps, index)))
      index += block.length
    }
    await blamed(conversation, undefined, () => nothingLeft(scene))
  } finally {
    for (const actor of scene.actors.values()) await actor.depart()
  }
}

function openScene(stage: Stage): Scene {
  const run = randomUUID().slice(0, 8)
  const random = randomText()
  const backendPath = 'ocs/v2.php/apps/spreed/api/v3/signaling/backend'
  const names = createNames(run, {
    cloud: stage.clouds.one,
    'cloud.auth': stage.clouds.one + backendPath,
    cloud2: stage.clouds.two,
    'cloud2.auth': stage.clouds.two + backendPath,
    'small.auth': stage.clouds.small + backendPath,
    'internal.random': random,
    'internal.token': createHmac('sha256', stage.internalSecret).update(random).digest('hex'),
  })
  return { stage, run, names, actors: new Map(), posted: undefined }
}

function anyOrderBlock(steps: readonly Step[], start: number): readonly Step[] {
  let end = start
  for (;;) {
    const step = steps[end]
    if (step?.do !== 'expect' || !step.inAnyOrder) return steps.slice(start, end)
    end += 1
  }
}

async function blamed(conversation: Conversation, step: Step | undefined, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (failure) {
    const where = step ? `${conversation.name}:${step.line}: ${step.text}` : `${conversation.name}: after the last line`
    throw new Error(`${where}\n  ${failure instanceof Error ? failure.message : String(failure)}`)
  }
}

/** A request whose `backend<` line stands further down is under way while the lines in between come true. */
function answerComesLater(steps: readonly Step[], place: number): boolean {
  for (const step of steps.slice(place + 1)) {
    if (step.do === 'post') return false
    if (step.do === 'status') return step !== steps[place + 1]
  }
  return false
}

async function take(scene: Scene, block: readonly Step[], later: boolean): Promise<void> {
  const [step] = block
  if (!step) return
  const { names, stage } = scene
  switch (step.do) {
    case 'open':
      return open(scene, step.who, step.greeted)
    case 'arrive':
      return arrive(scene, step.who, step.as)
    case 'join':
      return join(scene, actorOf(scene, step.who), step.room)
    case 'leave':
      return leave(scene, actorOf(scene, step.who))
    case 'send':
      return actorOf(scene, step.who).say(padded(filled(names, step.message)))
    case 'send-binary':
      return actorOf(scene, step.who).sayBinary(step.bytes)
    case 'expect':
      return expectBlock(scene, block)
    case 'contains':
      return contains(actorOf(scene, step.who), names.fill(step.part))
    case 'silence':
      return actorOf(scene, step.who).expectSilence()
    case 'close':
      return actorOf(scene, step.who).close()
    case 'closed':
      return actorOf(scene, step.who).expectClosed()
    case 'post':
      return post(scene, stage.post(filled(names, step.room), filled(names, step.body), step.how), later)
    case 'status':
      return answered(scene, step.status, step.pattern)
    case 'answer':
      return stage.answerNext(step.type, talkAnswer(names.fill(step.template)), scene.run)
    case 'asked':
      return asked(scene, step.type, step.pattern)
    case 'token':
      return token(scene, step.name, names.fill(step.claims))
    case 'wait':
      return stage.pass(step.ms)
  }
}

/** A name that stands for nothing is a mistake in the file, not something to send. */
function filled(names: Names, message: string): string {
  const text = names.fill(message)
  const unknown = /<[A-Za-z][\w.-]*>/.exec(text)
  if (unknown) throw new Error(`${unknown[0]} is not known`)
  return text
}

/** `<pad to 65536>` becomes as many x as make the message that many bytes long. */
function padded(message: string): string {
  const pad = /<pad to (\d+)>/.exec(message)
  if (!pad) return message
  return message.replace(pad[0], 'x'.repeat(Number(pad[1]) - (Buffer.byteLength(message) - pad[0].length)))
}

function actorOf(scene: Scene, who: string): Actor {
  const actor = scene.actors.get(who)
  if (!actor) throw new Error(`${who} has not come in yet`)
  return actor
}

async function open(scene: Scene, who: string, greeted: boolean): Promise<void> {
  const actor = scene.actors.get(who) ?? createActor(who, scene.stage, scene.names, scene.run)
  scene.actors.set(who, actor)
  await actor.connect()
  // The original of Debian has no welcome yet.
  if (greeted && (scene.stage.side === 'ours' || scene.stage.greets))
    await actor.expect({ type: 'welcome', '...': true })
}

/** `A is user.alice`, `A is guest`, `A is internal`; a list of features may follow. */
async function arrive(scene: Scene, who: string, as: string): Promise<void> {
  await open(scene, who, true)
  const [role = '', features = ''] = as.split(' ')
  const auth =
    role === 'internal'
      ? {
          type: 'internal',
          params: { random: '<internal.random>', token: '<internal.token>', backend: '<cloud>' },
        }
      : { url: '<cloud.auth>', params: role === 'guest' ? { run: '<run>' } : { userid: `<${role}>` } }
  const hello = { version: '1.0', auth, ...(features === '' ? {} : { features: features.split(',') }) }
  const actor = actorOf(scene, who)
  actor.say(scene.names.fill(JSON.stringify({ id: `hello-${who}`, type: 'hello', hello })))
  await actor.expect({
    id: `hello-${who}`,
    type: 'hello',
    hello: { version: '1.0', sessionid: `<${who}.sid>`, resumeid: `<${who}.resume>`, '...': true },
  })
}

/** Room answer and join events: the comer hears of all who are in, each who is in hears of the comer. */
async function join(scene: Scene, actor: Actor, room: string): Promise<void> {
  const id = `join-${actor.who}`
  const message = { id, type: 'room', room: { roomid: room, sessionid: `<rsid.${actor.who}>` } }
  const members = inRoom(scene, scene.names.fill(room)).filter((member) => member !== actor)
  actor.say(scene.names.fill(JSON.stringify(message)))
  await actor.expect({ id, type: 'room', room: { roomid: room, '...': true } })
  await actor.expectJoined([sidOf(actor), ...members.map(sidOf)])
  for (const member of members) if (member.isConnected()) await member.expectJoined([sidOf(actor)])
}

async function leave(scene: Scene, actor: Actor): Promise<void> {
  const id = `leave-${actor.who}`
  const others = inRoom(scene, actor.room()).filter((member) => member !== actor && member.isConnected())
  actor.say(JSON.stringify({ id, type: 'room', room: { roomid: '' } }))
  await actor.expect({ id, type: 'room', room: { roomid: '' } })
  const left = { type: 'event', event: { target: 'room', type: 'leave', leave: [sidOf(actor)] } }
  for (const other of others) await other.expect(left)
}

function inRoom(scene: Scene, room: string | undefined): readonly Actor[] {
  return [...scene.actors.values()].filter((actor) => room !== undefined && actor.room() === room)
}

function sidOf(actor: Actor): string {
  return actor.sid() ?? `${actor.who} without a session`
}

async function expectBlock(scene: Scene, block: readonly Step[]): Promise<void> {
  const perActor = new Map<Actor, Json[]>()
  for (const step of block) {
    if (step.do !== 'expect') continue
    const actor = actorOf(scene, step.who)
    perActor.set(actor, [...(perActor.get(actor) ?? []), step.pattern])
  }
  for (const [actor, patterns] of perActor) {
    if (patterns.length === 1 && patterns[0] !== undefined) await actor.expect(patterns[0])
    else await inAnyOrder(actor, patterns, (pattern, value) => fits(pattern, value, scene.names))
  }
}

async function contains(actor: Actor, part: string): Promise<void> {
  if (!actor.lastText().includes(part)) throw new Error(`${actor.who} last heard ${actor.lastText()}`)
}

async function post(scene: Scene, posted: Promise<PostAnswer>, later: boolean): Promise<void> {
  await answered(scene, 200, undefined)
  // Looked at when its line comes; a conversation that fails before must not leave a rejection behind.
  posted.catch(() => undefined)
  scene.posted = posted
  if (!later) await posted
}

async function answered(scene: Scene, status: number, pattern: Json | undefined): Promise<void> {
  const answer = await scene.posted
  scene.posted = undefined
  if (!answer) return
  if (answer.status !== status) throw new Error(`the backend request was answered with ${answer.status} ${answer.body}`)
  const fault = pattern === undefined ? undefined : mismatch(pattern, parseJson(answer.body), scene.names)
  if (fault !== undefined) throw new Error(fault)
}

async function asked(scene: Scene, type: string, pattern: Json): Promise<void> {
  let nearest = 'nothing of that type'
  const found = await scene.stage.asked(type, (body) => {
    if (!JSON.stringify(body).includes(scene.run)) return false
    const fault = mismatch(pattern, at(body, type), scene.names.copy())
    if (fault !== undefined) nearest = fault
    return fault === undefined
  })
  if (found === undefined) throw new Error(`Talk was not asked that; nearest: ${nearest}`)
  mismatch(pattern, at(found, type), scene.names)
}

async function token(scene: Scene, name: string, claims: string): Promise<void> {
  const json = parseJson(claims)
  if (!isObject(json)) throw new Error('claims are an object')
  scene.names.bind(name, await scene.stage.token(json))
}

async function nothingLeft(scene: Scene): Promise<void> {
  await answered(scene, 200, undefined)
  for (const actor of scene.actors.values()) if (actor.isConnected()) await actor.expectSilence()
}
