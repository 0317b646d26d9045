"""Reading and writing the files of a Vosk model: Kaldi's network, OpenFst's graphs and the lexicon they come from."""
