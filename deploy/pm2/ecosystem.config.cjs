// Heliograph under pm2, in place of the Chat Signal server: pm2 start deploy/pm2/ecosystem.config.cjs
// Takes the same environment: APP_SECRET, APP_PASS, APP_PORT, TOKEN_LIFETIME. What they mean is in server.conf beside this file.
const { randomBytes } = require('node:crypto')
const { join } = require('node:path')

const { APP_SECRET, APP_PASS = '', APP_PORT = '5000', TOKEN_LIFETIME = '86400', HASH_KEY } = process.env

module.exports = {
  apps: [
    {
      name: 'ChatSignalServer',
      script: join(__dirname, '../../bin/heliograph'),
      args: ['serve', '--config', join(__dirname, 'server.conf')],
      interpreter: 'none',
      // One process serves all cores' worth of signaling, and a room lives in one process.
      exec_mode: 'fork',
      instances: 1,
      watch: false,
      // Longer than the server needs to take leave of everybody (10 seconds).
      kill_timeout: 20_000,
      env: {
        APP_SECRET,
        APP_PASS,
        APP_PORT,
        TOKEN_LIFETIME,
        // For Talk's sessions only; without Talk any will do.
        HASH_KEY: HASH_KEY || randomBytes(32).toString('hex'),
      },
    },
  ],
}
