// Carries the precompiled header; see AttncBuild.cmake.
