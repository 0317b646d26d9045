"""The live night: one inbox, one loop. The sound card's threads only post; everything else happens here.

What breaks in the middle of a night must not end it. A microphone or speaker that is unplugged raises nothing, its
sound just stops: so the loop watches for that, says so once, lets a hold run on by the clock, and opens the device
again as soon as there is one. A sentence that cannot be rendered becomes a tone, and the conversation goes on. What
ends the process after all (a crash, a power cut) is for the supervisor to mend: Charley begins anew, with every
question open.
"""

from voice_skill.live.loop import MICROPHONE_LOST, Inbox, Microphone, Onlooker, run_live, without_fail
from voice_skill.live.speaker import NO_TURN, UNSAID, NightSpeaker, SpeakerDevice
from voice_skill.live.supervisor import Supervisor
from voice_skill.live.troubles import DEAF, PUZZLED, PuzzledWatch

__all__ = [
    "DEAF",
    "MICROPHONE_LOST",
    "NO_TURN",
    "PUZZLED",
    "UNSAID",
    "Inbox",
    "Microphone",
    "NightSpeaker",
    "Onlooker",
    "PuzzledWatch",
    "SpeakerDevice",
    "Supervisor",
    "run_live",
    "without_fail",
]
