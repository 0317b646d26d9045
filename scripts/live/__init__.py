"""The live night, driven end to end: `voice-skill run` as it is started, with a microphone and a speaker that are
PulseAudio's, somebody who talks into the one, and a recorder at the other."""
