// A step of a shared library: `def event = gto()` returns a map of event, name, version, stage, type, path, description,
// ref, commit, previous_version, repo, framework, code_on_load and model_facts. All are empty but ref and repo if no event
// of GTO started the build.
// The agent needs gto on its PATH. `gto(ref: 'churn@v1.0.0')` asks about another tag. It asks the remote, for which Jenkins
// leaves no login after a checkout: `withCredentials([gitUsernamePassword(credentialsId: 'ID')]) { event = gto() }`.
import groovy.json.JsonSlurperClassic

def call(Map options = [:]) {
    String text = ''
    withEnv(["ASKED_REF=${options.ref ?: ''}"]) { // as a variable: a tag's name is no part of a script
        text = sh(label: 'gto ci', returnStdout: true, script: 'gto ci --json ${ASKED_REF:+"--ref=$ASKED_REF"}')
    }
    return new JsonSlurperClassic().parseText(text)
}
