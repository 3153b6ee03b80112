// require('kubemu'): what dist/index.js exports as an ES module.
module.exports = require('./dist/bundles/index.cjs')
