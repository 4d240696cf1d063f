/** A thread of the TURN server whose clock can be put forward. */
import './shifted-clock.ts'
import '../../src/io/turn/worker.ts'
